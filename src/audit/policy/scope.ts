import { BlockList, isIP } from 'node:net';

/** Which services something is about. */
export interface Scope {
  /** As it is said: `on port 8080`; empty for all. */
  readonly text: string;
  readonly isAll: boolean;
  /** Whether `address:port`, or an address alone, belongs to it. */
  readonly holds: (service: string) => boolean;
}

export interface ScopeWords {
  readonly service?: string;
  readonly address?: string;
  readonly port?: number;
}

/** @throws RangeError for what is no address, network or service */
export function scopeOf({ service, address, port }: ScopeWords): Scope {
  const tests: ((place: Place) => boolean)[] = [];
  const texts: string[] = [];
  if (service !== undefined) {
    const wanted = placeOf(service);
    if (isIP(wanted.address) === 0 || wanted.port === null) {
      throw new RangeError('a service such as 10.0.3.7:8080 or [2001:db8::7]:443');
    }
    texts.push(`on ${service}`);
    tests.push((place) => place.address === wanted.address && place.port === wanted.port);
  }
  if (address !== undefined) {
    const holds = networkOf(address);
    texts.push(`on ${address}`);
    tests.push((place) => holds(place.address));
  }
  if (port !== undefined) {
    texts.push(`on port ${port}`);
    tests.push((place) => place.port === port);
  }
  return {
    text: texts.join(' '),
    isAll: tests.length === 0,
    holds: (name) => {
      const place = placeOf(name);
      return tests.every((test) => test(place));
    },
  };
}

interface Place {
  readonly address: string;
  readonly port: number | null;
}

function placeOf(name: string): Place {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(name);
  return match === null ? { address: name, port: null } : { address: match[1] ?? match[2], port: Number(match[3]) };
}

function networkOf(text: string): (address: string) => boolean {
  const [address, length] = text.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (version === 0 || !(Number.isInteger(prefix) && prefix >= 0 && prefix <= bits)) {
    throw new RangeError('an address or a network, such as 10.0.3.7 or 10.0.3.0/24');
  }
  const list = new BlockList();
  list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  return (other) => isIP(other) === version && list.check(other, version === 4 ? 'ipv4' : 'ipv6');
}
