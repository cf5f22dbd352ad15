"""What pages are made of: words for numbers, tables, figures, filters, links."""
