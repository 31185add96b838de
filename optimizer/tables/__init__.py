"""The language of tables: columns, records, containers (workbook, CSV folder) and the template; knows no domain."""
