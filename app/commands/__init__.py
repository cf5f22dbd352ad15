"""The subcommands, one module an area; each has `register(command)`."""
