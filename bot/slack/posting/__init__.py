"""How a message gets into Slack: once, within its budgets, with what may be refused."""
