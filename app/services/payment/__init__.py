"""Money: payment plans, receipts and their allocation, refunds and invoices (clause 11)."""
