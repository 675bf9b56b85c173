/**
 * Well-known TCP services: port, then the name that IANA or `/etc/services` gives it, then other names in
 * use. What IANA has assigned to something else than the port is used for bears the name in use (8443, 9090).
 * Embedded, so that a container without `/etc/services` knows them too.
 */
const SERVICES = `
1 tcpmux, 7 echo, 9 discard, 11 systat, 13 daytime, 15 netstat, 17 qotd, 19 chargen, 20 ftp-data, 21 ftp, 22 ssh, 23 telnet,
25 smtp mail, 37 time, 43 whois nicname, 49 tacacs, 53 domain dns, 70 gopher, 79 finger, 80 http www,
88 kerberos kerberos-sec krb5, 102 iso-tsap, 104 acr-nema dicom, 109 pop2, 110 pop3, 111 sunrpc rpcbind portmapper,
113 auth ident, 119 nntp, 135 epmap msrpc, 139 netbios-ssn, 143 imap2 imap, 161 snmp, 162 snmp-trap snmptrap, 177 xdmcp,
179 bgp, 194 irc, 199 smux, 389 ldap, 427 svrloc, 443 https, 444 snpp, 445 microsoft-ds smb, 464 kpasswd,
465 submissions smtps, 502 mbap modbus, 512 exec, 513 login, 514 shell syslog, 515 printer, 540 uucp, 543 klogin, 544 kshell,
548 afpovertcp afp, 554 rtsp, 563 nntps, 587 submission, 593 http-rpc-epmap, 601 syslog-conn, 623 oob-ws-http, 631 ipp,
636 ldaps, 646 ldp, 647 dhcp-failover, 691 resvc, 749 kerberos-adm, 783 spamd, 830 netconf-ssh, 853 domain-s dns-tls,
873 rsync, 902 vmware-authd, 989 ftps-data, 990 ftps, 992 telnets, 993 imaps, 994 ircs, 995 pop3s, 1080 socks,
1099 rmiregistry, 1194 openvpn, 1352 lotusnote, 1433 ms-sql-s mssql, 1434 ms-sql-m, 1521 oracle, 1720 h323hostcall, 1723 pptp,
1812 radius, 1813 radius-acct radacct, 1883 mqtt, 1935 rtmp, 2000 cisco-sccp, 2049 nfs, 2083 radsec, 2181 zookeeper,
2375 docker, 2376 docker-s, 2377 swarm, 2379 etcd-client, 2380 etcd-server, 2404 iec-104, 2601 zebra, 2605 bgpd, 3000 grafana,
3050 gds-db, 3128 squid, 3260 iscsi-target iscsi, 3268 msft-gc, 3269 msft-gc-ssl, 3306 mysql, 3389 ms-wbt-server rdp,
3478 stun turn, 3493 nut, 3632 distcc, 3690 svn subversion, 4190 sieve, 4369 epmd, 4460 ntske, 4505 salt-publish,
4506 salt-return, 4840 opcua-tcp, 4899 radmin-port radmin, 4949 munin, 5000 registry, 5044 beats, 5060 sip, 5061 sips sip-tls,
5201 iperf3, 5222 xmpp-client, 5269 xmpp-server, 5349 stuns turns, 5432 postgresql postgres, 5601 kibana, 5666 nrpe,
5671 amqps, 5672 amqp, 5900 vnc rfb, 5938 teamviewer, 5984 couchdb, 5985 wsman winrm, 5986 wsmans winrms, 6000 x11,
6379 redis, 6443 kube-apiserver sun-sr-https, 6514 syslog-tls, 6566 sane-port, 6653 openflow, 6667 ircd, 6697 ircs-u,
7000 cassandra, 7946 swarm-gossip, 8006 proxmox, 8080 http-alt webcache, 8086 influxdb, 8140 puppet, 8291 winbox,
8443 https-alt pcsync-https, 8500 consul, 8883 mqtts secure-mqtt, 9042 cql, 9090 prometheus, 9092 kafka, 9093 alertmanager,
9099 calico-felix, 9100 jetdirect node-exporter, 9101 bacula-dir, 9102 bacula-fd, 9103 bacula-sd, 9200 elasticsearch,
9300 elasticsearch-transport, 9418 git, 10000 webmin ndmp, 10050 zabbix-agent, 10051 zabbix-trapper, 10250 kubelet,
10255 kubelet-read-only, 10256 kube-proxy, 10257 kube-controller-manager, 10259 kube-scheduler, 11211 memcached,
15672 rabbitmq-management, 20000 dnp, 25672 rabbitmq-dist, 27017 mongodb, 44818 ethernet-ip, 50000 db2
`;

const ENTRIES = SERVICES.trim()
  .split(/,\s/)
  .map((entry) => entry.split(' '));
const PORTS: ReadonlyMap<string, number> = new Map(
  ENTRIES.flatMap(([port, ...names]) => names.map((name): [string, number] => [name, Number(port)])),
);
const NAMES: ReadonlyMap<number, string> = new Map(ENTRIES.map(([port, name = '']) => [Number(port), name]));

/** The port that a service name means, in any case of letters, or null. */
export function servicePort(name: string): number | null {
  return PORTS.get(name.toLowerCase()) ?? null;
}

/** The usual name of the service on `port`, or null. */
export function serviceName(port: number): string | null {
  return NAMES.get(port) ?? null;
}
