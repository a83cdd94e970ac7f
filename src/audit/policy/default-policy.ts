/** What `lastack audit --init` writes. */
export const DEFAULT_POLICY = `# What a batch of captures is judged by: lastack audit CAPTURES --out RESULTS --policy THIS_FILE
# Exit status 1 when a limit does not hold. \`lastack explain\` lists the kinds of finding.
version: 1

# Each limit is about a kind of finding, a severity, or a percentile of the handshake's duration;
# on all services, or on a \`service\` (10.0.3.7:8080), an \`address\` (10.0.3.7, 10.0.3.0/24) or a \`port\`;
# together, or with \`each: service\` for every service by itself.
limits:
  # Clients that believe in a connection the server has given up: never.
  - kind: synack-retries-exhausted
    max: 0
  # Sockets that the application forgot to close. Below 100 flows a share says little.
  - kind: close-wait-long
    maxShare: 0.1%
    each: service
    minFlows: 100
  # Findings that say that a connection failed or is stuck.
  - severity: error
    maxShare: 1%
  # 99 of 100 handshakes take less than this.
  - handshake: p99
    below: 200ms
    minFlows: 100

# Findings that do not count for now. A reason and the last day are needed.
ignore: []
#  - kind: half-close
#    service: 10.0.3.7:22
#    reason: rsync over ssh closes one side early
#    until: 2027-01-31

# From when on something is worth a finding; changing one reads the captures again.
thresholds: {}
#  closeWait: 5s
#  slowHandshake: 500ms

# With --baseline: how sure a change must be, and what is too much of it.
baseline:
  significance: 0.05
  fail: error
`;
