/**
 * What is probed without `-p`: about 100 ports that operators ask about first. Each group answers one
 * question.
 */
export const DEFAULT_PORT_GROUPS: Readonly<Record<string, readonly number[]>> = {
  /** Is the way in for administrators open, and only from where it should be? */
  'remote access': [22, 23, 2222, 3389, 5900, 5985, 5986],
  /** The ports that every path lets through, and where proxies and load balancers sit. */
  web: [80, 443, 8000, 8008, 8080, 8081, 8443, 8888, 3000, 4443, 9443],
  proxy: [1080, 3128],
  /** Names over TCP: large DNS answers fail where 53/tcp is closed. */
  naming: [53, 853],
  /** Submission and retrieval; 25 is the port that providers filter. */
  mail: [25, 110, 143, 465, 587, 993, 995],
  /** Transfer with a control channel that NAT helpers rewrite (21, 554, 1720, 5060), and without. */
  'transfer and helpers': [20, 21, 554, 873, 990, 1720, 5060, 5061],
  /** What a Windows domain needs between its members and controllers. */
  directory: [88, 135, 139, 389, 445, 464, 636, 3268, 3269],
  storage: [111, 2049, 3260],
  /** VPNs and tunnels that use TCP: OpenVPN, PPTP, IKE and IPsec in TCP (RFC 9329: 4500; Cisco: 10000). */
  vpn: [500, 1194, 1723, 4500, 10000],
  /** Router and switch management; BGP and LDP sessions that a new rule must not cut. */
  routing: [49, 161, 162, 179, 514, 646, 830, 6514, 8291],
  /** Databases and caches that should never face outwards. */
  data: [1433, 1521, 3306, 5432, 6379, 9042, 9200, 11211, 27017, 50000],
  messaging: [1883, 5672, 8883, 9092],
  /** Cluster control planes: API server, etcd, kubelet, kube-proxy, Docker, Swarm, Consul, Calico Typha. */
  containers: [2375, 2376, 2377, 2379, 2380, 5473, 6443, 7946, 8500, 10250, 10255, 10256],
  /** The first NodePort, and the dashboards and exporters of monitoring. */
  monitoring: [30000, 9090, 9093, 9100, 10050],
  /** Printers and legacy services that a default configuration leaves open. */
  leftovers: [7, 9, 113, 515, 631],
};
