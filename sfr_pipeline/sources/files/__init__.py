"""What users put into a folder: tables, workbooks and prices, refused with a reason if wrong."""
