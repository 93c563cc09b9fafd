-- Purpose: category tree, with the path of each category from its root.
-- Grain:   one row per line of the tree
-- Reads:   raw_category_tree
with edges as (
    select categoryid, coalesce(max(parentid), '') as parentid
    from raw_category_tree
    where categoryid is not null
    group by categoryid
),

tree as (
    select map_from_entries(collect_list(struct(categoryid, parentid))) as parent_of
    from edges
),

-- Moves up one level at a time. A path ends at a root, at a category missing from the tree, or before it would repeat.
with_path as (
    select
        _record,
        categoryid,
        nullif(parentid, '') as parentid,
        _ingest_date,
        parent_of,
        aggregate(
            sequence(1, 64),
            struct(array(categoryid) as path, nullif(parentid, '') as next),
            (walk, step) -> if(walk.next is null, walk, struct(
                concat(array(walk.next), walk.path) as path,
                if(array_contains(walk.path, walk.next), null, nullif(try_element_at(parent_of, walk.next), '')) as next
            ))
        ).path as path
    from raw_category_tree cross join tree
)

select
    _record,
    categoryid as category_id,
    cast(null as string) as category_name,
    parentid as parent_id,
    if(map_contains_key(parent_of, path[0]), path[0], null) as root_id,
    path as path_ids,
    array_join(path, ' > ') as path,
    size(path) as depth,
    cast(null as decimal(9, 6)) as planned_margin,
    cast(_ingest_date as timestamp) as observed_at
from with_path
