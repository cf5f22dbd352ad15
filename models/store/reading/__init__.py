"""What the store answers: lists, single things, the story of a journey; plain mappings in the shapes of the interface.

Times are datetimes in UTC, money is `models.money.Money`, everything sensitive is masked.
"""
