"""The Power BI project `shoplake`, written from the contracts, the views, model.yaml and pages.yaml."""
