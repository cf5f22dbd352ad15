"""What people and programs see: settings, wiring, the command, the HTTP interface, the pages."""
