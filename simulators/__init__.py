"""Stand-ins for vendors, in the vendors' own wire formats. They know the vendor, never the product."""
