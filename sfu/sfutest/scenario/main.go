// Command scenario plays links that become thin, lossy or shared, in virtual time, and draws what the bandwidth estimator makes of them.
package main

func main() {}
