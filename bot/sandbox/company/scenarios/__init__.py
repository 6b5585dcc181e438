"""What can befall the sample company, one play a file."""
