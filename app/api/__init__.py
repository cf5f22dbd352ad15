"""The HTTP interface: what programs read and send, under `/api/v1`, with health and metrics beside it."""
