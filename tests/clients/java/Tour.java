import java.util.Properties;

import org.jclouds.ContextBuilder;
import org.jclouds.vcloud.director.v1_5.user.VCloudDirectorApi;
import org.jclouds.vcloud.director.v1_5.domain.Reference;
import org.jclouds.vcloud.director.v1_5.domain.Link;
import org.jclouds.vcloud.director.v1_5.domain.Session;
import org.jclouds.vcloud.director.v1_5.domain.VApp;
import org.jclouds.vcloud.director.v1_5.domain.Vdc;
import org.jclouds.vcloud.director.v1_5.domain.Vm;
import org.jclouds.vcloud.director.v1_5.domain.org.Org;
import org.jclouds.vcloud.director.v1_5.domain.org.OrgList;
import org.jclouds.vcloud.director.v1_5.domain.query.QueryResultRecords;

/** Signs in with jclouds and reads what it can. */
public class Tour {
    static void step(String name, Object value) {
        System.out.println("ok " + name + ": " + value);
    }

    public static void main(String[] arguments) {
        Properties overrides = new Properties();
        overrides.setProperty("jclouds.trust-all-certs", "true");
        overrides.setProperty("jclouds.relax-hostname", "true");
        overrides.setProperty("jclouds.max-retries", "0");
        String user = System.getenv("VCA_USERNAME") + "@" + System.getenv("VCA_ORG");
        VCloudDirectorApi api = ContextBuilder.newBuilder("vcloud-director")
            .endpoint(System.getenv("VCA_URL") + "/api")
            .credentials(user, System.getenv("VCA_PASSWORD"))
            .overrides(overrides)
            .buildApi(VCloudDirectorApi.class);
        Session session = api.getCurrentSession();
        step("session", session.getUser());
        OrgList orgs = api.getOrgApi().list();
        Org org = api.getOrgApi().get(orgs.iterator().next().getHref());
        step("org", org.getName());
        for (Link link : org.getLinks()) {
            if (!"application/vnd.vmware.vcloud.vdc+xml".equals(link.getType())) {
                continue;
            }
            Vdc vdc = api.getVdcApi().get(link.getHref());
            step("VDC", vdc.getName());
            for (Reference entity : vdc.getResourceEntities()) {
                if (!"application/vnd.vmware.vcloud.vApp+xml".equals(entity.getType())) {
                    continue;
                }
                VApp vapp = api.getVAppApi().get(entity.getHref());
                step("vApp", vapp.getName());
                for (Vm vm : vapp.getChildren().getVms()) {
                    step("VM", vm.getName() + " " + vm.getStatus());
                    step("VM networks", api.getVmApi().getNetworkConnectionSection(vm.getHref()).getNetworkConnections().size());
                    step("VM CPUs", api.getVmApi().getVirtualHardwareSectionCpu(vm.getHref()).getVirtualQuantity());
                }
            }
            for (Reference network : vdc.getAvailableNetworks()) {
                step("network", api.getNetworkApi().get(network.getHref()).getName());
            }
        }
        QueryResultRecords vms = api.getQueryApi().vmsQueryAll();
        step("query VMs", vms.getTotal());
    }
}
