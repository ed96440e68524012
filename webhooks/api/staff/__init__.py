"""/api/v1: what the programs of a town hall may ask and do, each with a key."""
