module tour

go 1.22

require github.com/vmware/go-vcloud-director/v2 v2.26.1
