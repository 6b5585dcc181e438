"""Who is on call, wherever the rota is kept."""
