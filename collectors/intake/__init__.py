"""What systems send by themselves: spans, logs, webhooks, files in a watched folder."""
