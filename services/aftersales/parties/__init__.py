"""Who may owe or do a repair besides the cooperative: contractors, vendors, insurers, syndics."""
