package main

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics reads the server's counters when Prometheus asks.
type metrics struct{ server *server }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("diemcau_"+name, help, labels, nil)
}

var (
	descRooms       = describe("media_rooms", "Meetings with media now.")
	descPeers       = describe("media_peers", "Media connections now.")
	descReceived    = describe("media_packets_received_total", "RTP packets from publishers.")
	descForwarded   = describe("media_packets_forwarded_total", "RTP packets to subscribers.")
	descBytesIn     = describe("media_bytes_received_total", "Bytes of RTP payload from publishers.")
	descBytesOut    = describe("media_bytes_forwarded_total", "Bytes of RTP payload to subscribers.")
	descRecovered   = describe("media_packets_recovered_total", "RTP packets of sound that never came, taken from the redundancy of others (RED).")
	descLost        = describe("media_packets_lost_total", "RTP packets that did not come from publishers, or only when asked for again.")
	descReordered   = describe("media_packets_reordered_total", "RTP packets from publishers that came after younger ones.")
	descRepeated    = describe("media_packets_repeated_total", "RTP packets from publishers that the network brought twice.")
	descJitter      = describe("media_jitter_seconds", "Jitter of what publishers send, each source's once a second.")
	descDropped     = describe("media_packets_dropped_total", "RTP packets that were not forwarded, by reason.", "reason")
	descFaults      = describe("media_feedback_faults_total", "Packets about which subscribers' transport-wide feedback was wrong, by fault.", "fault")
	descWishes      = describe("media_key_frame_wishes_total", "Key frames that subscribers asked for.")
	descKeyFrames   = describe("media_key_frame_requests_total", "Key frames that publishers were asked for.")
	descRetransmit  = describe("media_retransmissions_total", "RTP packets that were sent again.")
	descNacks       = describe("media_nacks_total", "RTP packets that subscribers asked for again.")
	descSwitches    = describe("media_slot_switches_total", "Changes of a slot's source or layer.")
	descRelayed     = describe("relay_allocations", "Allocations of the TURN server now.")
	descRelayedAll  = describe("relay_allocations_total", "Allocations that the TURN server has made.")
	descRelayedIn   = describe("relay_packets_to_media_total", "Packets that the TURN server has relayed to the media port.")
	descRelayedOut  = describe("relay_packets_from_media_total", "Packets that the TURN server has relayed to clients.")
	descRefused     = describe("relay_refused_total", "Requests, packets and connections that the TURN server has refused, by reason.", "reason")
	descSockets     = describe("signaling_sockets", "WebSockets that are open now.")
	descMeetings    = describe("signaling_meetings", "Meetings that are live now.")
	descResources   = describe("signaling_media_resources", "WHIP and WHEP sessions now.")
	descTests       = describe("signaling_link_tests", "Link tests now.")
	descTested      = describe("signaling_link_tests_total", "Link tests that were begun.")
	descMessages    = describe("signaling_messages_total", "Messages from clients, by type.", "type")
	descErrors      = describe("signaling_errors_total", "Errors that clients were told, by code.", "code")
	descCloses      = describe("signaling_closes_total", "WebSockets that the server closed, by close code.", "code")
	allDescriptions = []*prometheus.Desc{
		descRooms, descPeers, descReceived, descForwarded, descBytesIn, descBytesOut,
		descRecovered, descLost, descReordered, descRepeated, descJitter, descDropped, descFaults, descWishes, descKeyFrames, descRetransmit, descNacks, descSwitches,
		descRelayed, descRelayedAll, descRelayedIn, descRelayedOut, descRefused,
		descSockets, descMeetings, descResources, descTests, descTested, descMessages, descErrors, descCloses,
	}
)

// Describe lists the metrics (prometheus.Collector).
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range slices.Concat(allDescriptions, linkDescriptions) {
		ch <- d
	}
}

// Collect reads them (prometheus.Collector).
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	media := m.server.engine.Stats()
	gauge(descRooms, media.Rooms)
	gauge(descPeers, media.Peers)
	counter(descReceived, media.PacketsReceived)
	counter(descForwarded, media.PacketsForwarded)
	counter(descBytesIn, media.BytesReceived)
	counter(descBytesOut, media.BytesForwarded)
	counter(descRecovered, media.PacketsRecovered)
	counter(descLost, media.PacketsLost)
	counter(descReordered, media.PacketsReordered)
	counter(descRepeated, media.PacketsRepeated)
	ch <- prometheus.MustNewConstSummary(descJitter, media.Receptions, media.Jitter.Seconds(), nil)
	counter(descWishes, media.KeyFrameWishes)
	counter(descKeyFrames, media.KeyFrameRequests)
	counter(descRetransmit, media.Retransmissions)
	counter(descNacks, media.Nacks)
	counter(descSwitches, media.Switches)
	for reason, n := range media.Dropped {
		counter(descDropped, n, reason)
	}
	for fault, n := range media.FeedbackFaults {
		counter(descFaults, n, fault)
	}
	relayed := m.server.relay.Stats()
	gauge(descRelayed, relayed.Allocations)
	counter(descRelayedAll, relayed.Created)
	counter(descRelayedIn, relayed.PacketsIn)
	counter(descRelayedOut, relayed.PacketsOut)
	for reason, n := range relayed.Refused {
		counter(descRefused, n, reason)
	}
	live := m.server.live.Stats()
	gauge(descSockets, live.Sockets)
	gauge(descMeetings, live.Meetings)
	gauge(descResources, live.Media)
	gauge(descTests, live.Tests)
	counter(descTested, live.Tested)
	collectLinks(ch, live)
	for kind, n := range live.Messages {
		counter(descMessages, n, kind)
	}
	for code, n := range live.Errors {
		counter(descErrors, n, code)
	}
	for code, n := range live.Closes {
		counter(descCloses, n, strconv.Itoa(code))
	}
}
