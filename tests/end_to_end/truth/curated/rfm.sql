-- The last day of rfm_monthly.
select * from truth.rfm_monthly where as_of = (select max(as_of) from truth.rfm_monthly)
