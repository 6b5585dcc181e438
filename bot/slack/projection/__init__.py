"""Keeps the incidents' messages as the ledger says."""
