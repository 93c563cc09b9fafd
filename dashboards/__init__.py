"""What people look at: the web dashboard and the Power BI project, both over the views of athena_queries."""
