"""What was done, by whom, why, and what of it can be proven afterwards."""
