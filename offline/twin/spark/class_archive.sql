-- Between them, these load the classes that jobs need first: files, exact numbers, times, joins, windows, JSON.
create or replace temporary view read as
select
    a._c0 as id,
    cast(a._c1 as int) as kind,
    cast(a._c2 as decimal(18, 4)) as amount,
    to_timestamp(concat(a._c3, ' 10:00:00'), 'yyyy-MM-dd HH:mm:ss') as time
from csv.`{folder}/csv` as a;

select kind, count(distinct id), sum(amount), max(time), collect_list(struct(id, amount)) from read group by kind;

select read.*, least.amount, row_number() over (partition by read.kind order by time desc, id) as rank
from read
left join (select kind, min(amount) as amount from read group by kind) as least on least.kind = read.kind
where id rlike '[0-9]';

select sha2(to_json(struct(*)), 256), from_json(to_json(struct(*)), 'id long').id from read
union all
select 'a', 1;
