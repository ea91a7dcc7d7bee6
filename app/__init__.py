"""The application: kernel, services, charts, exchange, security, command line and their composition."""
