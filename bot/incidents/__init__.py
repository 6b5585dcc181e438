"""What is done with an incident: the use cases, between the domain and its ports."""
