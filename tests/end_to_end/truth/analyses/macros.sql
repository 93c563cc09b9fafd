-- An amount of money divided by n, rounded to four decimals, half away from zero.
create macro truth.shared(amount, n) as
    sign(amount) * cast((2 * cast(abs(amount) * 10000 as hugeint) + n) // (2 * n) as decimal(22, 0)) * cast(0.0001 as decimal(5, 4));
