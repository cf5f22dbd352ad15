"""What the connector of Certinia PSA is made of: what its rows tell."""
