/** A question that is ready to be asked of results. */
export interface Question {
  readonly name: string;
  readonly about: string;
  readonly sql: string;
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'states-by-service',
    about: 'connections per state of the server, by service, minute by minute',
    sql: `WITH held AS (
  SELECT capture, flow, to_state AS state, time,
    coalesce(lead(time) OVER (PARTITION BY capture, flow, endpoint ORDER BY sequence), followed_until) AS until,
    service
  FROM transitions JOIN flows USING (capture, flow)
  WHERE endpoint = 'server' AND to_state NOT IN ('CLOSED', 'LISTEN')
  QUALIFY until > time
), minutes AS (
  SELECT *, unnest(generate_series(date_trunc('minute', time), until, INTERVAL 1 MINUTE)) AS minute FROM held
)
SELECT minute, service, state, count(DISTINCT (capture, flow)) AS connections
FROM minutes GROUP BY ALL ORDER BY minute, service, connections DESC, state`,
  },
  {
    name: 'unanswered-syns',
    about: 'clients whose SYNs nobody answered, those that sent most first',
    sql: `SELECT client_address AS client, count(*) AS connections, sum(packets_client) AS syns,
  count(DISTINCT (server_address, server_port)) AS services,
  arg_max(service, packets_client) AS most_to
FROM flows WHERE outcome = 'never opened' AND packets_server = 0
GROUP BY ALL ORDER BY syns DESC, client LIMIT 50`,
  },
  {
    name: 'closed-first',
    about: 'who closed first, by service: its TIME_WAIT is on that side',
    sql: `WITH first AS (
  SELECT capture, flow, arg_min(endpoint, sequence) AS endpoint
  FROM transitions WHERE to_state IN ('FIN_WAIT1', 'CLOSING') GROUP BY ALL
)
SELECT service, count(*) AS connections,
  count(*) FILTER (endpoint = 'client') AS client_first, count(*) FILTER (endpoint = 'server') AS server_first,
  count(*) FILTER (endpoint IS NULL) AS neither
FROM flows LEFT JOIN first USING (capture, flow)
GROUP BY ALL ORDER BY connections DESC, service LIMIT 50`,
  },
  {
    name: 'close-wait-holders',
    about: 'hosts that were told of the close and did not close themselves, the longest first',
    sql: `WITH held AS (
  SELECT capture, flow, endpoint, to_state, time,
    coalesce(lead(time) OVER (PARTITION BY capture, flow, endpoint ORDER BY sequence), followed_until) AS until
  FROM transitions JOIN flows USING (capture, flow)
)
SELECT CASE endpoint WHEN 'client' THEN client_address ELSE server_address END AS host, endpoint,
  service, count(*) AS sockets,
  round(max(epoch(until) - epoch(time)), 3) AS longest_seconds, round(sum(epoch(until) - epoch(time)), 3) AS seconds
FROM held JOIN flows USING (capture, flow) WHERE to_state = 'CLOSE_WAIT' AND epoch(until) - epoch(time) >= 1
GROUP BY ALL ORDER BY seconds DESC, host LIMIT 50`,
  },
  {
    name: 'port-reuse',
    about: 'how soon clients use a port again towards the same service: TIME_WAIT lasts 60 s on Linux',
    sql: `WITH reused AS (
  SELECT client_address, service, epoch(start_time) - epoch(lag(end_time) OVER (
    PARTITION BY capture, client_address, client_port, service ORDER BY start_time, flow)) AS seconds
  FROM flows
)
SELECT client_address AS client, service, count(*) AS reuses, round(greatest(min(seconds), 0), 3) AS shortest_seconds,
  round(greatest(median(seconds), 0), 3) AS median_seconds, count(*) FILTER (seconds < 60) AS within_60_s
FROM reused WHERE seconds IS NOT NULL
GROUP BY ALL ORDER BY within_60_s DESC, reuses DESC, client, service LIMIT 50`,
  },
  {
    name: 'time-wait-rate',
    about: 'sockets that enter TIME_WAIT per second at their busiest, against what 28,232 ports last for 60 s',
    sql: `WITH entered AS (
  SELECT CASE endpoint WHEN 'client' THEN client_address ELSE server_address END AS host, endpoint,
    CASE endpoint WHEN 'client' THEN service END AS towards, date_trunc('second', time) AS second, count(*) AS sockets
  FROM transitions JOIN flows USING (capture, flow) WHERE to_state = 'TIME_WAIT' GROUP BY ALL
)
SELECT *, round(28232 / 60, 1) AS lasting_rate, endpoint = 'client' AND per_second > 28232 / 60 AS exhausts_ports
FROM (
  SELECT host, endpoint, towards, sum(sockets) AS sockets, max(sockets) AS most_per_second,
    round(sum(sockets) / (date_diff('second', min(second), max(second)) + 1), 1) AS per_second
  FROM entered GROUP BY ALL
) ORDER BY per_second DESC, host, towards LIMIT 50`,
  },
];
