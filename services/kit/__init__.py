"""What every room uses: settings, units of work, outbox and inbox, the bus, the web furniture."""
