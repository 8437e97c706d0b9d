"""USSD, SMS and Open311: thin adapters, one folder each, over the use cases that citizens' pages use too."""
