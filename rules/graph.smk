# The signed graph, equation (4): scripts/coin/graph/signed_graph.py.
# Needs: rois.npy, folds.csv and a fold's neighbours.
# Makes: a fold's graph of nearest nodes, once; trainings cut theirs, at their own (n+, n-), from it.


NODES = "<results>/fold{fold}_seed{seed}/graph/nodes.csv"
GRAPH = "<results>/fold{fold}_seed{seed}/graph/nearest.npz"


use rule make_folds as build_graph with:
    input:
        **FOLD_DATA,
        neighbours=ALL_NEIGHBOURS,
        code=program("build_graph"),
    output:
        nodes=NODES,
        graph=GRAPH,
        record="<record>",
    pathvars:
        job="build_graph,fold={fold},seed={seed}",
    params:
        settings=lambda wildcards: options(
            fold=int(wildcards.fold),
            anchors=config["graph"]["anchors"],
            nearest=nearest(config),
        ),
