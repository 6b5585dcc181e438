"""The drills: opsbot, its workers and its store are killed at every named point, and judged."""
