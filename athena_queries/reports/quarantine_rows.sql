-- Purpose: quarantined rows with their place in the file, their text and the rules they broke.
-- Grain:   one row in quarantine that has a line number and could be read
-- Reads:   quarantine
select
    source,
    source_file,
    line_number,
    substr(raw_text, 1, 70) as text_start,
    array_join(rules, ', ') as broken_rules
from quarantine
where line_number is not null and rules[1] not in ('malformed_record', 'invalid_encoding')
order by source, source_file, line_number
