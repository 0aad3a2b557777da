"""Intervals of a regular step lie as one row per register and UTC day; `reading` becomes a view over all."""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.migrations import protect

revision = "metering_0011"
down_revision = "metering_0010"
branch_labels = None
depends_on = None

_COLUMNS = "meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at"


def upgrade() -> None:
    op.execute("ALTER TABLE metering.reading RENAME TO reading_row")
    op.execute("ALTER INDEX metering.reading_pkey RENAME TO reading_row_pkey")
    _interval_table()
    _functions()
    op.execute(_PARTITIONS_BESIDE)
    op.execute(_PACK)
    op.execute("DELETE FROM metering.reading_row WHERE metering.is_packed(register, instant)")
    op.execute(
        "ALTER TABLE metering.reading_row ADD CONSTRAINT reading_row_not_packed"
        " CHECK (strpos(register, '@') = 0 OR NOT metering.is_packed(register, instant))"
    )
    # Nobody looks for single rows of a register that has none. The owner may be no superuser.
    op.execute("CREATE POLICY owner ON metering.meter_register TO CURRENT_USER USING (true)")
    op.execute(
        "UPDATE metering.meter_register g SET first_instant ="
        " (SELECT min(r.instant) FROM metering.reading_row r"
        "  WHERE r.meter = g.meter AND r.register = g.register)"
        " WHERE g.first_instant IS NULL OR metering.packed_step(g.register) IS NOT NULL"
    )
    op.execute("DROP POLICY owner ON metering.meter_register")
    op.execute(_VIEW)
    op.execute("REVOKE INSERT, UPDATE ON metering.reading FROM metering_web, metering_work")
    op.execute(_DELETE)
    op.execute(
        "CREATE TRIGGER delete_one INSTEAD OF DELETE ON metering.reading"
        " FOR EACH ROW EXECUTE FUNCTION metering.delete_reading()"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE metering.reading_row DROP CONSTRAINT reading_row_not_packed")
    op.execute(
        f"INSERT INTO metering.reading_row ({_COLUMNS}) SELECT {_COLUMNS} FROM metering.reading"  # noqa: S608
        " WHERE metering.is_packed(register, instant)"
    )
    op.execute("DROP VIEW metering.reading")
    for signature in (
        "delete_reading()", "add_reading_partition(date, date)", "drop_reading_partition(date, date)",
        "reading_partitions()",
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION metering.{signature}")
    op.execute("DROP TABLE metering.interval_row")
    op.execute("DROP FUNCTION metering.is_packed(text, timestamptz), metering.packed_step(text)")
    op.execute("ALTER TABLE metering.reading_row RENAME TO reading")
    op.execute("ALTER INDEX metering.reading_row_pkey RENAME TO reading_pkey")
    op.execute(
        "UPDATE metering.meter_register g SET first_instant ="
        " (SELECT min(r.instant) FROM metering.reading r"
        "  WHERE r.meter = g.meter AND r.register = g.register)"
    )
    before = runpy.run_path(str(Path(__file__).with_name("0007_layout.py")))
    for name in ("_PARTITIONS", "_ADD", "_DROP"):
        op.execute(before[name])
    _rights()


def _interval_table() -> None:
    op.create_table(
        "interval_row",
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("register", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("amounts", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("codecs", ARRAY(sa.String), nullable=False),
        sa.Column("received_at", ARRAY(sa.DateTime(timezone=True)), nullable=False),
        schema="metering",
        postgresql_partition_by="RANGE (day)",
    )
    protect(op, "metering", "interval_row")
    op.execute("CREATE POLICY owner ON metering.interval_row TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("CREATE TABLE metering.interval__pdefault PARTITION OF metering.interval_row DEFAULT")
    protect(op, "metering", "interval__pdefault")
    op.execute(
        "CREATE POLICY owner ON metering.interval__pdefault TO CURRENT_USER USING (true) WITH CHECK (true)"
    )


def _functions() -> None:
    op.execute(_PACKED_STEP)
    op.execute(_IS_PACKED)
    for signature in (
        "add_reading_partition(date, date)", "drop_reading_partition(date, date)", "reading_partitions()"
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION metering.{signature}")
    op.execute(_PARTITIONS)
    op.execute(_ADD)
    op.execute(_DROP)
    _rights()


def _rights() -> None:
    for signature in ("add_reading_partition(date, date)", "drop_reading_partition(date, date)"):
        op.execute(f"REVOKE ALL ON FUNCTION metering.{signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION metering.{signature} TO metering_work")


# Which readings are packed is told by their key alone, so that no reading can lie in both tables. The same in
# services/metering/interval_rows.py.
_PACKED_STEP = """
CREATE FUNCTION metering.packed_step(register text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.step FROM (
        SELECT CASE WHEN register
            ~ '^(energy_import|energy_export|volume|heat)([.][a-z0-9_]+)?@[1-9][0-9]{2,4}$'
            THEN split_part(register, '@', 2)::int END AS step) s
    WHERE s.step >= 600 AND 86400 % s.step = 0
$$
"""
_IS_PACKED = """
CREATE FUNCTION metering.is_packed(register text, instant timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(extract(epoch FROM instant) % metering.packed_step(register) = 0, false)
$$
"""
_PACK = """
INSERT INTO metering.interval_row (meter, register, day, coop, amounts, codecs, received_at)
SELECT k.meter, k.register, k.day, k.coop, a.amounts, a.codecs, a.received_at
FROM (
    SELECT meter, register, (instant AT TIME ZONE 'UTC')::date AS day, min(coop) AS coop,
        min(codec) AS codec, min(received_at) AS received_at, metering.packed_step(register) AS step
    FROM metering.reading_row WHERE strpos(register, '@') > 0 AND metering.is_packed(register, instant)
    GROUP BY 1, 2, 3
) k CROSS JOIN LATERAL (
    SELECT array_agg(r.value_milli ORDER BY n) AS amounts,
        array_agg(coalesce(r.codec, k.codec) ORDER BY n) AS codecs,
        array_agg(coalesce(r.received_at, k.received_at) ORDER BY n) AS received_at
    FROM generate_series(0, 86400 / k.step - 1) n
    LEFT JOIN metering.reading_row r ON r.meter = k.meter AND r.register = k.register
        AND r.instant = (k.day::timestamp + n * k.step * interval '1 second') AT TIME ZONE 'UTC'
) a
"""
_VIEW = """
CREATE VIEW metering.reading WITH (security_invoker = true) AS
SELECT r.meter, r.register, r.instant, r.coop, r.quantity, r.kind, r.step_s, r.value_milli, r.codec,
    r.received_at, (r.instant AT TIME ZONE 'UTC')::date AS utc_day
FROM metering.reading_row r
UNION ALL
SELECT p.meter, p.register,
    (p.day::timestamp + (v.n - 1) * (86400 / cardinality(p.amounts)) * interval '1 second')
        AT TIME ZONE 'UTC',
    p.coop, split_part(split_part(p.register, '@', 1), '.', 1), 'interval', 86400 / cardinality(p.amounts),
    v.value_milli, p.codecs[CASE WHEN cardinality(p.codecs) = 1 THEN 1 ELSE v.n END],
    p.received_at[CASE WHEN cardinality(p.received_at) = 1 THEN 1 ELSE v.n END], p.day
FROM metering.interval_row p CROSS JOIN LATERAL unnest(p.amounts) WITH ORDINALITY v(value_milli, n)
WHERE v.value_milli IS NOT NULL
"""
_DELETE = """
CREATE FUNCTION metering.delete_reading() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF metering.is_packed(OLD.register, OLD.instant) THEN
        UPDATE metering.interval_row p
        SET amounts[1 + (extract(epoch FROM OLD.instant)::bigint % 86400) / OLD.step_s] = NULL
        WHERE p.meter = OLD.meter AND p.register = OLD.register AND p.day = OLD.utc_day;
        DELETE FROM metering.interval_row p
        WHERE p.meter = OLD.meter AND p.register = OLD.register AND p.day = OLD.utc_day
          AND array_remove(p.amounts, NULL) = '{}';
    ELSE
        DELETE FROM metering.reading_row r
        WHERE r.meter = OLD.meter AND r.register = OLD.register AND r.instant = OLD.instant;
    END IF;
    RETURN OLD;
END
$$
"""
_PARTITIONS = """
CREATE FUNCTION metering.reading_partitions() RETURNS TABLE (name text, first date, until date)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relname::text, to_date(rpad(p.stamp, 8, '0'), 'YYYYMMDD'),
        CASE length(p.stamp) WHEN 8 THEN to_date(p.stamp, 'YYYYMMDD') + 1
            ELSE (to_date(p.stamp, 'YYYYMM') + '1 month'::interval)::date END
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT substr(c.relname::text, 11) AS stamp) p
    WHERE i.inhparent = 'metering.reading_row'::regclass AND c.relname ~ '^reading__p([0-9]{8}|[0-9]{6})$'
$$
"""
# As before, for both tables at once: each partition has its twin with the same bounds.
_ADD = """
CREATE FUNCTION metering.add_reading_partition(first date, until date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    is_day constant boolean := until = first + 1;
    stamp constant text := to_char(first, CASE WHEN is_day THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
    low constant timestamptz := first::timestamp AT TIME ZONE 'UTC';
    high constant timestamptz := until::timestamp AT TIME ZONE 'UTC';
    part text;
    kind text;
BEGIN
    IF first IS NULL OR until IS NULL
        OR NOT (is_day OR (first = date_trunc('month', first)::date
                           AND until = (first + '1 month'::interval)::date))
        OR first < '2000-01-01' OR until > (now() AT TIME ZONE 'UTC')::date + 62
    THEN
        RAISE EXCEPTION 'a partition is one UTC day or month since 2000' USING ERRCODE = '22023';
    END IF;
    LOCK TABLE ONLY metering.reading_row, ONLY metering.interval_row IN SHARE UPDATE EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM metering.reading_partitions() p
               WHERE p.first < add_reading_partition.until AND p.until > add_reading_partition.first) THEN
        RETURN false;
    END IF;
    FOREACH kind IN ARRAY ARRAY['reading', 'interval'] LOOP
        part := kind || '__p' || stamp;
        EXECUTE format('CREATE TABLE metering.%I (LIKE metering.%I INCLUDING ALL)', part, kind || '_row');
        EXECUTE format('ALTER TABLE metering.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY owner ON metering.%I TO CURRENT_USER USING (true)', part);
        EXECUTE format('REVOKE ALL ON metering.%I FROM metering_work, metering_web', part);
    END LOOP;
    LOCK TABLE metering.reading__pdefault, metering.interval__pdefault IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM metering.reading__pdefault'
        ' WHERE instant >= %L AND instant < %L RETURNING *) INSERT INTO metering.%I SELECT * FROM moved',
        low, high, 'reading__p' || stamp);
    EXECUTE format('ALTER TABLE metering.reading_row ATTACH PARTITION metering.%I'
        ' FOR VALUES FROM (%L) TO (%L)', 'reading__p' || stamp, low, high);
    EXECUTE format('WITH moved AS (DELETE FROM metering.interval__pdefault'
        ' WHERE day >= %L AND day < %L RETURNING *) INSERT INTO metering.%I SELECT * FROM moved',
        first, until, 'interval__p' || stamp);
    EXECUTE format('ALTER TABLE metering.interval_row ATTACH PARTITION metering.%I'
        ' FOR VALUES FROM (%L) TO (%L)', 'interval__p' || stamp, first, until);
    RETURN true;
END
$$
"""
# What a register said last must outlive its partition: what the meter says next is measured against it.
_DROP = """
CREATE FUNCTION metering.drop_reading_partition(first date, until date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    part text;
    twin text;
    kept bigint;
BEGIN
    SELECT p.name INTO part FROM metering.reading_partitions() p
    WHERE p.first = drop_reading_partition.first AND p.until = drop_reading_partition.until;
    IF part IS NULL THEN
        RAISE EXCEPTION 'no such partition' USING ERRCODE = '22023';
    END IF;
    IF until > (now() AT TIME ZONE 'UTC')::date - 7 THEN
        RAISE EXCEPTION 'the last week is never dropped' USING ERRCODE = '22023';
    END IF;
    twin := 'interval' || substr(part, 8);
    EXECUTE format('LOCK TABLE metering.%I, metering.%I IN SHARE MODE', part, twin);
    CREATE TEMP TABLE last_words ON COMMIT DROP AS SELECT * FROM metering.reading_row WITH NO DATA;
    EXECUTE format(
        'INSERT INTO last_words SELECT r.* FROM metering.meter_register g CROSS JOIN LATERAL ('
        ' SELECT * FROM metering.%I p WHERE p.meter = g.meter AND p.register = g.register'
        ' ORDER BY p.instant DESC LIMIT 24) r'
        ' WHERE g.kind = ''register'' AND NOT EXISTS (SELECT 1 FROM metering.reading_row n'
        ' WHERE n.meter = g.meter AND n.register = g.register AND n.instant >= %L)',
        part, until::timestamp AT TIME ZONE 'UTC');
    LOCK TABLE ONLY metering.reading_row, ONLY metering.interval_row IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('DROP TABLE metering.%I, metering.%I', part, twin);
    INSERT INTO metering.reading_row SELECT * FROM last_words;
    GET DIAGNOSTICS kept = ROW_COUNT;
    DROP TABLE last_words;
    INSERT INTO metering.raw_gone (first, until, coop, gone_at)
    VALUES (drop_reading_partition.first, drop_reading_partition.until, '*', now())
    ON CONFLICT ON CONSTRAINT raw_gone_pkey DO UPDATE SET gone_at = now();
    RETURN kept;
END
$$
"""
_PARTITIONS_BESIDE = """
DO $$
DECLARE
    one record;
    part text;
BEGIN
    FOR one IN SELECT * FROM metering.reading_partitions() LOOP
        part := 'interval' || substr(one.name, 8);
        EXECUTE format('CREATE TABLE metering.%I PARTITION OF metering.interval_row'
            ' FOR VALUES FROM (%L) TO (%L)', part, one.first, one.until);
        EXECUTE format('ALTER TABLE metering.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY owner ON metering.%I TO CURRENT_USER USING (true)', part);
        EXECUTE format('REVOKE ALL ON metering.%I FROM metering_work, metering_web', part);
    END LOOP;
END $$
"""
