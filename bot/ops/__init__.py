"""Operations: clean-up, backup, several processes."""
