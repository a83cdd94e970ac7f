/**
 * Frames of real captures, and what tshark 4.0 prints for them (sequence numbers absolute). Those of PcapPlusPlus are in
 * the public domain. Frames are cut after 192 bytes; `originalLength` is what was on the wire.
 */
export interface RealFrame {
  readonly name: string;
  /** The capture, and the frame's number in it. */
  readonly origin: string;
  readonly linkType: number;
  readonly originalLength: number;
  readonly hex: string;
  readonly expected: {
    readonly ipVersion: 4 | 6;
    readonly from: readonly [address: string, port: number];
    readonly to: readonly [address: string, port: number];
    readonly seq: number;
    readonly ack?: number;
    readonly flags?: number;
    readonly window?: number;
    /** tcp.len */
    readonly length?: number;
    readonly ttl: number;
    readonly ipId: number;
    readonly mss?: number;
    readonly windowScale?: number;
    readonly sackPermitted?: boolean;
    readonly timestamps?: readonly [value: number, echoReply: number];
    readonly sack?: readonly (readonly [left: number, right: number])[];
    readonly fastOpen?: boolean;
    readonly icmp?: readonly [type: number, code: number];
  };
}

export const realFrames: readonly RealFrame[] = [
  {
    name: 'a SYN of Linux',
    origin: 'kernel-truth abort-client-0.5ms, frame 1',
    linkType: 1,
    originalLength: 74,
    hex:
      '025e0000000202c00000000108004500003c52934000400637ae0a114e0b0a124e4dadcd0cea8fb2b88800000000a002' +
      'faf007100000020405b40402080a15e67ca8000000000103030a',
    expected: {
      ipVersion: 4,
      from: ['10.17.78.11', 44493],
      to: ['10.18.78.77', 3306],
      seq: 2410854536,
      ack: 0,
      flags: 2,
      window: 64240,
      length: 0,
      ttl: 64,
      ipId: 21139,
      mss: 1460,
      windowScale: 10,
      sackPermitted: true,
      timestamps: [367426728, 0],
    },
  },
  {
    name: 'a SYN of Linux over IPv6',
    origin: 'kernel-truth abort-client-60ms, frame 1',
    linkType: 1,
    originalLength: 94,
    hex:
      '025e0000000202c00000000186dd60017e2b00280640fd17004f00000000000000000000000cfd18004f000000000000' +
      '000000000060cf6b0cea5ebc436500000000a002fd206ff50000020405a00402080ac88798c1000000000103030a',
    expected: {
      ipVersion: 6,
      from: ['fd17:4f::c', 53099],
      to: ['fd18:4f::60', 3306],
      seq: 1589396325,
      ack: 0,
      flags: 2,
      window: 64800,
      length: 0,
      ttl: 64,
      ipId: -1,
      mss: 1440,
      windowScale: 10,
      sackPermitted: true,
      timestamps: [3364329665, 0],
    },
  },
  {
    name: 'a SYN that sets up ECN',
    origin: 'kernel-truth ecn-0.5ms, frame 1',
    linkType: 1,
    originalLength: 74,
    hex:
      '025e0000000202c00000000108004500003c4f3c40004006fee40a116c310a126c47e5b90cea013c19cc00000000a0c2' +
      'faf08e800000020405b40402080a97862bfe000000000103030a',
    expected: {
      ipVersion: 4,
      from: ['10.17.108.49', 58809],
      to: ['10.18.108.71', 3306],
      seq: 20715980,
      ack: 0,
      flags: 194,
      window: 64240,
      length: 0,
      ttl: 64,
      ipId: 20284,
      mss: 1460,
      windowScale: 10,
      sackPermitted: true,
      timestamps: [2542152702, 0],
    },
  },
  {
    name: 'a SYN+ACK with a Fast Open cookie',
    origin: 'kernel-truth fast-open-10ms, frame 2',
    linkType: 1,
    originalLength: 86,
    hex:
      '02c000000001025e00000002080045000048000040004006b8220a1237590a11371200168dde9646caa5c2c1377ed012' +
      'fe881b540000020405b40402080af46b23c38ef996210103030a220a319e0fb83bafb4fa0101',
    expected: {
      ipVersion: 4,
      from: ['10.18.55.89', 22],
      to: ['10.17.55.18', 36318],
      seq: 2521221797,
      ack: 3267442558,
      flags: 18,
      window: 65160,
      length: 0,
      ttl: 64,
      ipId: 0,
      mss: 1460,
      windowScale: 10,
      sackPermitted: true,
      timestamps: [4100662211, 2398721569],
      fastOpen: true,
    },
  },
  {
    name: 'an ACK with two SACK blocks',
    origin: 'kernel-truth soak-4ms, frame 11',
    linkType: 1,
    originalLength: 106,
    hex:
      '025e0000000202c00000000186dd600d3dff00340640fd170072000000000000000000000016fd180072000000000000' +
      '0000000000538b5a001676cff974b785abdad01000497bc800000101080abdca8396132be79701010512b785bc96b785' +
      'c22ab785d2e6b785de0e',
    expected: {
      ipVersion: 6,
      from: ['fd17:72::16', 35674],
      to: ['fd18:72::53', 22],
      seq: 1993341300,
      ack: 3078990810,
      flags: 16,
      window: 73,
      length: 0,
      ttl: 64,
      ipId: -1,
      timestamps: [3184165782, 321644439],
      sack: [
        [3078995094, 3078996522],
        [3079000806, 3079003662],
      ],
    },
  },
  {
    name: 'data cut at 96 bytes',
    origin: 'kernel-truth fin-ack-lost-0.5ms, frame 4',
    linkType: 1,
    originalLength: 557,
    hex:
      '025e0000000202c00000000108004500021f22994000400679b40a11440f0a12445adc8b0016279abfd32259c38b8018' +
      '003f31be00000101080a46b51a5dd1e251906c61622064617461206c61622064617461206c61622064617461206c6162',
    expected: {
      ipVersion: 4,
      from: ['10.17.68.15', 56459],
      to: ['10.18.68.90', 22],
      seq: 664453075,
      ack: 576308107,
      flags: 24,
      window: 63,
      length: 491,
      ttl: 64,
      ipId: 8857,
      timestamps: [1186273885, 3521270160],
    },
  },
  {
    name: 'Cisco HDLC',
    origin: 'PcapPlusPlus CiscoHDLC.pcap, frame 2',
    linkType: 104,
    originalLength: 64,
    hex:
      '0f0086dd60000000001406002402f00000018e0100000000000055552607fcd00100230000000000b1082a6b04d20050' +
      '000000000000000050000000911c0000',
    expected: {
      ipVersion: 6,
      from: ['2402:f000:1:8e01::5555', 1234],
      to: ['2607:fcd0:100:2300::b108:2a6b', 80],
      seq: 0,
      ack: 0,
      flags: 0,
      window: 0,
      length: 0,
      ttl: 0,
      ipId: -1,
    },
  },
  {
    name: 'an ICMP source quench that quotes TCP',
    origin: 'PcapPlusPlus IcmpPackets.pcap, frame 13',
    linkType: 1,
    originalLength: 70,
    hex:
      '30469a23fbfa080027d75be00800450000384863000040011dd20a0000070a00008a04000c36000000004500001c0c80' +
      '000040065e490102030405060708000000000008efc1',
    expected: {
      ipVersion: 4,
      from: ['1.2.3.4', 0],
      to: ['5.6.7.8', 0],
      seq: 585665,
      ttl: 64,
      ipId: 3200,
      icmp: [4, 0],
    },
  },
  {
    name: 'VLAN and IPv6',
    origin: 'PcapPlusPlus someip.pcapng, frame 1',
    linkType: 1,
    originalLength: 120,
    hex:
      '027dfa001001027dfa0117408100000286dd600d18bf003a0640fd537cb8038300020000000000010117fd537cb80383' +
      '000e0000000000000014727471fc0026ae1b000019755018102c7e2200006059410c0000001e0003000a010500004000' +
      '1000000000000000000085000000000000400100281812b5',
    expected: {
      ipVersion: 6,
      from: ['fd53:7cb8:383:2::1:117', 29300],
      to: ['fd53:7cb8:383:e::14', 29180],
      seq: 2534939,
      ack: 6517,
      flags: 24,
      window: 4140,
      length: 38,
      ttl: 64,
      ipId: -1,
    },
  },
  {
    name: 'two VLAN tags and MPLS',
    origin: 'PcapPlusPlus MplsPackets.pcap, frame 1',
    linkType: 1,
    originalLength: 365,
    hex:
      '28c2ceba97e8508189f9d57b810000d78100000b884703e8017e4500014f7ac500007e06a0bf020304060c0d0e0f509c' +
      '0050469662087fffffff501803fba1c80000474554202f692f3f7469643d31393926686173683d386b7478726c267375' +
      '6269643d3020485454502f312e310d0a4163636570743a206170706c69636174696f6e2f6a6176617363726970742c20' +
      '2a2f2a3b713d302e380d0a4163636570742d4c616e67756167653a20656e2d55532c656e3b713d302e350d0a55736572',
    expected: {
      ipVersion: 4,
      from: ['2.3.4.6', 20636],
      to: ['12.13.14.15', 80],
      seq: 1184260616,
      ack: 2147483647,
      flags: 24,
      window: 1019,
      length: 295,
      ttl: 126,
      ipId: 31429,
    },
  },
  {
    name: 'two VLAN tags and PPPoE',
    origin: 'PcapPlusPlus one_http_stream_rst.pcap, frame 1',
    linkType: 1,
    originalLength: 82,
    hex:
      '442b03cd52006cf049d4fea8810003ab810002e888641100dde50036002145000034362640008006ec400a034123b908' +
      'd42e13cc00509cd2de460000000080022000e7910000020405a00103030801010402',
    expected: {
      ipVersion: 4,
      from: ['10.3.65.35', 5068],
      to: ['185.8.212.46', 80],
      seq: 2631065158,
      ack: 0,
      flags: 2,
      window: 8192,
      length: 0,
      ttl: 128,
      ipId: 13862,
      mss: 1440,
      windowScale: 8,
      sackPermitted: true,
    },
  },
  {
    name: 'NULL loopback',
    origin: 'PcapPlusPlus mysql.pcapng, frame 1',
    linkType: 0,
    originalLength: 246,
    hex:
      '02000000450000f200004000400600007f0000017f000001e8470cea5e6f2109b3ea33ff801818ebfee600000101080a' +
      '559342eb0f99c276ba0000018da6ff1900000001ff0000000000000000000000000000000000000000000000726f6f74' +
      '00010073616b696c610063616368696e675f736861325f70617373776f72640075035f6f73096d61636f7331342e3809' +
      '5f706c6174666f726d067838365f36340f5f636c69656e745f76657273696f6e05392e362e300c5f636c69656e745f6e',
    expected: {
      ipVersion: 4,
      from: ['127.0.0.1', 59463],
      to: ['127.0.0.1', 3306],
      seq: 1584341257,
      ack: 3018470399,
      flags: 24,
      window: 6379,
      length: 190,
      ttl: 64,
      ipId: 0,
      timestamps: [1435714283, 261735030],
    },
  },
  {
    name: 'Linux cooked v1',
    origin: 'PcapPlusPlus sll.pcap, frame 32',
    linkType: 113,
    originalLength: 76,
    hex:
      '000400010006080027191c78000008004500003c1340400040067e670a000008d4c7ca459f60005028e24c2c00000000' +
      'a0023908a9430000020405b40402080a001c5f6c0000000001030304',
    expected: {
      ipVersion: 4,
      from: ['10.0.0.8', 40800],
      to: ['212.199.202.69', 80],
      seq: 685919276,
      ack: 0,
      flags: 2,
      window: 14600,
      length: 0,
      ttl: 64,
      ipId: 4928,
      mss: 1460,
      windowScale: 4,
      sackPermitted: true,
      timestamps: [1859436, 0],
    },
  },
  {
    name: 'Linux cooked v2',
    origin: 'PcapPlusPlus sll2.pcap, frame 1',
    linkType: 276,
    originalLength: 91,
    hex:
      '080000000000001400010006f03f958f8263000045000047872c40002c06716e743f426c07f9977201bbdfccaaceb5ca' +
      'a7ab9fbf5018003fa1550000150303001a91c1b9659e9ff9c3c493ae82573966caff40dba0f6b6304c5c72',
    expected: {
      ipVersion: 4,
      from: ['116.63.66.108', 443],
      to: ['7.249.151.114', 57292],
      seq: 2865673674,
      ack: 2813042623,
      flags: 24,
      window: 63,
      length: 31,
      ttl: 44,
      ipId: 34604,
    },
  },
  {
    name: 'raw IPv6',
    origin: 'PcapPlusPlus linktype_ipv6.pcap, frame 1',
    linkType: 229,
    originalLength: 80,
    hex:
      '60000000002806402001061804000000000000005199cc70200106180001800000000000000000058c9b00506ae70736' +
      '00000000a0021630299c00000204058c0402080a00dd1a390000000001030302',
    expected: {
      ipVersion: 6,
      from: ['2001:618:400::5199:cc70', 35995],
      to: ['2001:618:1:8000::5', 80],
      seq: 1793525558,
      ack: 0,
      flags: 2,
      window: 5680,
      length: 0,
      ttl: 64,
      ipId: -1,
      mss: 1420,
      windowScale: 2,
      sackPermitted: true,
      timestamps: [14490169, 0],
    },
  },
];
