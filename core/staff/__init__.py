"""Staff: members, what they may do, their rooms and codes, and the record of what they did."""
