"""What Ironclad's workflows, records and obligations say, as events; pure."""
