package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"diemcau/signaling"
)

// The metrics of participants' links.
var (
	descLinks        = describe("signaling_links", "Participants by the quality of their links.", "quality")
	descLinkChanges  = describe("signaling_link_changes_total", "Links that became poor, were lost or recovered.", "change")
	descLinkLoss     = describe("signaling_link_loss_percent", "Packets lost in the worse direction, in percent, of each report of a participant.")
	descLinkRTT      = describe("signaling_link_round_trip_seconds", "Round trip of each report of a participant.")
	descLinkEstimate = describe("signaling_link_estimate_bits_per_second", "What the server estimates for the way down, at each report of a participant.")
	linkDescriptions = []*prometheus.Desc{descLinks, descLinkChanges, descLinkLoss, descLinkRTT, descLinkEstimate}
)

func collectLinks(ch chan<- prometheus.Metric, live signaling.Stats) {
	for quality, n := range live.Links {
		ch <- prometheus.MustNewConstMetric(descLinks, prometheus.GaugeValue, float64(n), quality)
	}
	for change, n := range live.LinkChanges {
		ch <- prometheus.MustNewConstMetric(descLinkChanges, prometheus.CounterValue, float64(n), change)
	}
	ch <- constHistogram(descLinkLoss, live.LinkLoss)
	ch <- constHistogram(descLinkRTT, live.LinkRTT)
	ch <- constHistogram(descLinkEstimate, live.LinkEstimate)
}

// constHistogram is a histogram as it is now. Prometheus counts up to each bound all that is below.
func constHistogram(d *prometheus.Desc, h signaling.Histogram) prometheus.Metric {
	buckets, count := make(map[float64]uint64, len(h.Bounds)), uint64(0)
	for i, n := range h.Counts {
		count += n
		if i < len(h.Bounds) {
			buckets[h.Bounds[i]] = count
		}
	}
	return prometheus.MustNewConstHistogram(d, count, h.Sum, buckets)
}
