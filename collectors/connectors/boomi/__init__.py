"""What the connector of Boomi is made of: its queries, what its rows tell, and its re-runs."""
