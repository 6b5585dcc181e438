"""Requests on their way through the services, wherever they are kept."""
