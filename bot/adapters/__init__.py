"""The outside that opsbot rests on: Redis, RQ, the models."""
