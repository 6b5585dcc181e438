"""What a tool is made of; knows no vendor and nothing of the bot."""
