"""What is answered to a question, while it is thought about and after."""
