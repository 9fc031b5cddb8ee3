//! The seam between plans and whoever runs them: this process first, a cluster engine can follow.

use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::common::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};

/// Runs plans.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs a plan to its end.
    async fn run(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>>;
    /// The plan as it would run, for people.
    async fn describe(&self, plan: &LogicalPlan) -> Result<String>;
    /// Where sources are registered.
    fn context(&self) -> &SessionContext;
}

/// Runs plans in this process, on all cores.
pub struct Local {
    context: SessionContext,
}

impl Local {
    /// A runner with at most so many bytes for its operators; without a limit where absent.
    pub fn new(memory: Option<usize>) -> Result<Self> {
        let mut config = SessionConfig::new();
        let options = config.options_mut();
        // Whether conditions go down to the reader is for each scan to say: this would do it everywhere.
        options.execution.parquet.pushdown_filters = false;
        options.execution.parquet.reorder_filters = true;
        let mut runtime = RuntimeEnvBuilder::new();
        if let Some(bytes) = memory {
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
        }
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(runtime.build()?))
            .with_default_features()
            .build();
        Ok(Self { context: SessionContext::new_with_state(state) })
    }
}

#[async_trait]
impl Runner for Local {
    async fn run(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>> {
        self.context.execute_logical_plan(plan).await?.collect().await
    }

    async fn describe(&self, plan: &LogicalPlan) -> Result<String> {
        let frame = self.context.execute_logical_plan(plan.clone()).await?;
        let optimized = self.context.state().optimize(frame.logical_plan())?;
        let physical = self.context.state().create_physical_plan(&optimized).await?;
        let tree = datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string();
        Ok(format!("{}\n\n{tree}", optimized.display_indent()))
    }

    fn context(&self) -> &SessionContext {
        &self.context
    }
}
