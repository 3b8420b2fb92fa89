"""The built-in plugins: transports, one folder each, and the criteria. They register exactly as a third party's do."""
