"""The scripts that run as the sample company's operating system processes."""
