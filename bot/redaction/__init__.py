"""Takes secrets out of what is kept, shown, sent to a model or logged."""
