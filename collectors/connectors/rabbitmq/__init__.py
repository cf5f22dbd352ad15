"""RabbitMQ's dead letters: what they tell, how they are looked at without being taken, how one is published again."""
