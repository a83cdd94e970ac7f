/**
 * Ports of TCP services that Zeek's base scripts know (`likely_server_ports`): those that its analyzers are registered for
 * (scripts/base/protocols). Without a SYN, Zeek takes the end with such a port for the responder.
 */
const LIKELY_SERVER_PORTS: ReadonlySet<number> = new Set([
  21, 22, 25, 53, 79, 80, 81, 88, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636, 989, 990, 992, 993,
  995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5060, 5222, 5223, 5269, 6379, 6666, 6667, 6668, 6669, 8000, 8080,
  8888, 20000,
]);

export const isLikelyServerPort = (port: number): boolean => LIKELY_SERVER_PORTS.has(port);
